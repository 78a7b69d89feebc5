package cn.example.shop;

import android.app.Activity;
import android.content.Context;
import android.hardware.camera2.CameraAccessException;
import android.hardware.camera2.CameraDevice;
import android.hardware.camera2.CameraManager;
import android.os.Bundle;
import android.os.Handler;

/** Opens the camera when the user wants to scan a code. */
public final class ScanActivity extends Activity {
    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        CameraManager manager = (CameraManager) getSystemService(Context.CAMERA_SERVICE);
        try {
            manager.openCamera(manager.getCameraIdList()[0], new Eye(), new Handler());
        } catch (CameraAccessException | SecurityException error) {
            finish();
        }
    }

    private static final class Eye extends CameraDevice.StateCallback {
        @Override
        public void onOpened(CameraDevice camera) {
            camera.close();
        }

        @Override
        public void onDisconnected(CameraDevice camera) {
            camera.close();
        }

        @Override
        public void onError(CameraDevice camera, int error) {
            camera.close();
        }
    }
}
