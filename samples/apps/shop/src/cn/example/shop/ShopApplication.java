package cn.example.shop;

import android.app.Application;

import cn.jpush.android.api.JPushInterface;
import com.bytedance.sdk.openadsdk.TTAdSdk;
import com.umeng.commonsdk.UMConfigure;

/** Starts every library before the user could agree to anything. */
public final class ShopApplication extends Application {
    @Override
    public void onCreate() {
        super.onCreate();
        UMConfigure.init(this, "5f0000000000000000000000", "sample", UMConfigure.DEVICE_TYPE_PHONE, null);
        JPushInterface.init(this);
        TTAdSdk.init(this, "5001121");
    }
}
