package com.amap.api.location;

import android.content.Context;
import android.content.Intent;
import android.location.Location;
import android.location.LocationManager;
import android.net.wifi.WifiManager;
import android.telephony.TelephonyManager;
import android.util.Log;

/** Imitation of a location library: names only, nothing leaves the device. */
public class AMapLocationClient {
    static final String HOST = "http://apilocate.amap.com/mobile/binary";
    private final Context context;

    public AMapLocationClient(Context context) {
        this.context = context.getApplicationContext();
    }

    public void startLocation() {
        context.startService(new Intent(context, APSService.class));
        WifiManager wifi = (WifiManager) context.getSystemService(Context.WIFI_SERVICE);
        TelephonyManager phone = (TelephonyManager) context.getSystemService(Context.TELEPHONY_SERVICE);
        try {
            Log.d("AMap", HOST + " " + wifi.getScanResults().size() + " " + phone.getAllCellInfo());
        } catch (SecurityException denied) {
            Log.d("AMap", HOST);
        }
    }

    public Location getLastKnownLocation() {
        LocationManager manager = (LocationManager) context.getSystemService(Context.LOCATION_SERVICE);
        try {
            return manager.getLastKnownLocation(LocationManager.GPS_PROVIDER);
        } catch (SecurityException denied) {
            return null;
        }
    }
}
